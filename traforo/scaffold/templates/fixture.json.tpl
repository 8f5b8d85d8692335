{
  "total": 3,
  "items": [
    {"id": "1", "name": "Palettes (fictif)", "quantity": "12,5", "unit": "t", "updated": "21/11/2026"},
    {"id": "2", "name": "Vinaccia (fittizio)", "quantity": 3, "unit": "m3", "updated": "2026-11-20", "contact": null},
    {"id": "3", "name": "Broken on purpose (synthetic)", "quantity": "about a tonne"}
  ]
}
