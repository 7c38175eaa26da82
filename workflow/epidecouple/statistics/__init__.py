"""Arrays in, numbers out. It knows neither DNA nor cell lines, and nothing else of this package."""
