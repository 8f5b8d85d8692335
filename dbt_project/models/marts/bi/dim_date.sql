-- Days from 2000 to 2035, and any other day that a fact names. Holidays are those of the whole country: the movable ones
-- follow Easter Sunday (Meeus' algorithm for the Gregorian calendar).
with bounds as (
    select
        least(date '2000-01-01', min(cited.day)) as first_day,
        greatest(date '2035-12-31', max(cited.day)) as last_day
    from (
        select source_updated_date as day from {{ ref('flow') }}
        union all
        select source_updated_date as day from {{ ref('third_place') }}
        union all
        select invoice_date as day from {{ ref('expense') }}
        union all
        select payment_date as day from {{ ref('expense') }}
    ) as cited
),

calendar as (
    select
        cast(series.day as date) as calendar_date,
        cast(extract(year from series.day) as integer) as year_number,
        cast(extract(month from series.day) as integer) as month_number,
        cast(extract(day from series.day) as integer) as day_of_month_number,
        cast(extract(isodow from series.day) as integer) as day_of_week_number
    from bounds
    cross join lateral generate_series(bounds.first_day, bounds.last_day, interval '1 day') as series (day)
),

easter_terms as (
    select
        year_number,
        (
            19 * (year_number % 19) + year_number / 100 - year_number / 400
            - (year_number / 100 - (year_number / 100 + 8) / 25 + 1) / 3 + 15
        ) % 30 as epact
    from (select distinct year_number from calendar) as years
),

easter_offset as (
    select
        year_number,
        epact,
        (32 + 2 * ((year_number / 100) % 4) + 2 * ((year_number % 100) / 4) - epact - (year_number % 100) % 4) % 7
            as weekday_offset
    from easter_terms
),

easter as (
    select
        year_number,
        make_date(year_number, 3, 22)
        + (epact + weekday_offset - 7 * ((year_number % 19 + 11 * epact + 22 * weekday_offset) / 451)) as easter_sunday
    from easter_offset
)

select
    calendar.calendar_date,
    calendar.year_number,
    (calendar.month_number + 5) / 6 as semester_number,
    (calendar.month_number + 2) / 3 as quarter_number,
    calendar.month_number,
    (array[
        'janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre',
        'décembre'
    ])[calendar.month_number] as month_name_fr,
    (array[
        'gennaio', 'febbraio', 'marzo', 'aprile', 'maggio', 'giugno', 'luglio', 'agosto', 'settembre', 'ottobre',
        'novembre', 'dicembre'
    ])[calendar.month_number] as month_name_it,
    (array[
        'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November',
        'December'
    ])[calendar.month_number] as month_name_en,
    cast(extract(isoyear from calendar.calendar_date) as integer) as iso_year_number,
    cast(extract(week from calendar.calendar_date) as integer) as iso_week_number,
    calendar.day_of_month_number,
    calendar.day_of_week_number,
    (array['lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi', 'dimanche'])[calendar.day_of_week_number]
        as day_name_fr,
    (array['lunedì', 'martedì', 'mercoledì', 'giovedì', 'venerdì', 'sabato', 'domenica'])[calendar.day_of_week_number]
        as day_name_it,
    (array['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[calendar.day_of_week_number]
        as day_name_en,
    (array[
        'WINTER', 'WINTER', 'SPRING', 'SPRING', 'SPRING', 'SUMMER', 'SUMMER', 'SUMMER', 'AUTUMN', 'AUTUMN', 'AUTUMN',
        'WINTER'
    ])[calendar.month_number] as season_code,
    calendar.day_of_week_number >= 6 as is_weekend,
    (calendar.month_number, calendar.day_of_month_number)
    in ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    -- Easter Monday, Ascension, Whit Monday.
    or calendar.calendar_date - easter.easter_sunday in (1, 39, 50) as is_holiday_fr,
    (calendar.month_number, calendar.day_of_month_number)
    in ((1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26))
    -- Saint Francis, a national holiday again from 2026.
    or (calendar.year_number >= 2026 and calendar.month_number = 10 and calendar.day_of_month_number = 4)
    or calendar.calendar_date - easter.easter_sunday in (0, 1) as is_holiday_it
from calendar
inner join easter on calendar.year_number = easter.year_number
