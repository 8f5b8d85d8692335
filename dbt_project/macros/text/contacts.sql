{#-
  First telephone number of a text in E.164, for France and Italy; NULL where it cannot be told. French numbers
  lose their trunk zero, Italian ones keep it. Several numbers are separated by | / ; or ",".
-#}
{% macro phone_e164(expression, country) -%}
    {%- set first -%}
        regexp_replace(regexp_replace(split_part(regexp_replace({{ expression }}, '[|;,/]', '|', 'g'), '|', 1), '\(0\)', ''), '[^0-9+]', '', 'g')
    {%- endset -%}
    case
        when {{ first }} ~ '^(\+|00)33[1-9][0-9]{8}$' then '+33' || right({{ first }}, 9)
        when {{ first }} ~ '^(\+|00)39[03][0-9]{5,10}$' then '+39' || regexp_replace({{ first }}, '^(\+|00)39', '')
        when {{ first }} ~ '^(\+|00)(41|377)[0-9]{8,9}$' then '+' || regexp_replace({{ first }}, '^(\+|00)', '')
        when {{ country }} = 'FR' and {{ first }} ~ '^0[1-9][0-9]{8}$' then '+33' || right({{ first }}, 9)
        when {{ country }} = 'FR' and {{ first }} ~ '^[1-9][0-9]{8}$' then '+33' || {{ first }}
        when {{ country }} = 'IT' and {{ first }} ~ '^(0[0-9]{5,10}|3[0-9]{8,9})$' then '+39' || {{ first }}
    end
{%- endmacro %}

{#- Host name of a web address in lower case, without "www."; NULL where there is none. -#}
{% macro web_host(expression) -%}
    nullif(lower(regexp_replace(substring({{ expression }} from '^(?:[A-Za-z]+://)?([^/?#\s]+\.[^/?#\s]+)'), '^www\.', '', 'i')), '')
{%- endmacro %}

{#- Address of a website with its scheme; NULL for pages on social networks and for texts that are no address. -#}
{% macro website_url(expression) -%}
    case
        when {{ web_host(expression) }} is null or {{ expression }} ~ '\s|@' then null
        when {{ web_host(expression) }} ~ '(^|\.)(facebook|instagram|linkedin|twitter|x|tiktok|youtube|mastodon)\.[a-z]+$' then null
        when {{ expression }} ~* '^https?://' then {{ expression }}
        when {{ expression }} ~ '://' then null
        else 'https://' || {{ expression }}
    end
{%- endmacro %}

{#-
  True where a mail address is that of a function, not of a person: a known role word before the @, alone or with
  a place after a separator (contact@, info.chambery@). Everything else is treated as personal.
-#}
{% macro is_role_email(expression) -%}
    coalesce(
        lower({{ expression }}) ~ '^(contact|contacts|contatti|contatto|info|infos|informations|informazioni|accueil|bonjour|hello|ciao|coworking|fablab|segreteria|secretariat|administration|amministrazione|communication|comunicazione|reservation|reservations|prenotazioni|mairie|comune|mediatheque|biblioteca|tierslieu|tiers-lieu|asso|association|associazione|ufficio|bureau|equipe|team|staff|support|direction|direzione|pec|protocollo)([._+-][^@]*)?@[^@\s]+\.[a-z]{2,}$',
        false
    )
{%- endmacro %}

{#- Domains where anybody has a mailbox: sharing one says nothing about two listings. -#}
{% macro is_public_mail_domain(expression) -%}
    {{ expression }} ~ '^(gmail|googlemail|hotmail|outlook|live|yahoo|ymail|orange|wanadoo|free|laposte|sfr|neuf|bbox|gmx|protonmail|proton|icloud|me|libero|virgilio|alice|tin|tiscali|tim|fastwebnet|inwind|pec|legalmail|arubapec|aruba|msn|aol|riseup|framalistes|ik|bluewin)\.[a-z.]+$'
{%- endmacro %}

{#-
  Free text without the mail addresses of persons and without telephone numbers, each replaced by "[…]". Numbers of
  four digits and less, quantities and waste codes stay.
-#}
{% macro redact_contacts(expression) -%}
    regexp_replace(
        regexp_replace({{ expression }}, '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}', '[…]', 'g'),
        '(\+|\m00)(33|39|41)[ .\-/]?[0-9](?:[ .\-/]?[0-9]){6,11}|\m0[1-9](?:[ .\-/]?[0-9]{2}){4}\M|\m3[0-9]{2}[ .\-/][0-9]{6,7}\M|\m0[0-9]{1,3}[ .\-/][0-9]{5,8}\M',
        '[…]', 'g'
    )
{%- endmacro %}
