"""Customer lifetime value 客户终身价值: how often somebody will buy, for how much, and if they still are a customer."""
