"""The Streamlit app on the published marts."""
