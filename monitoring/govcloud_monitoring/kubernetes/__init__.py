"""The source `kubernetes`: allocation, quota and capacity as the API server knows them."""
