"""Files that staff take out and bring in: crossings, reports and readings, as XLSX and CSV."""
