"""Figures that can be narrowed by days, channel and store, and the customers behind them."""
