"""The data, from tables of pairs and peaks to tensors. This room knows no network and no loss."""
