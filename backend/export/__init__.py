"""What leaves the house: points as CSV and Parquet, reports as HTML."""
