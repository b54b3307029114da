"""The app: navigation, language and frame; everything worth reading is in `app_pages/`.

Run it with `streamlit run dashboards/app.py`.
"""

import streamlit as st

from dashboards.components import frame, states
from dashboards.navigation import pages_by_section
from stores.private_files import keep_private
from stores.process_logs import redact_this_process

keep_private()
redact_this_process()
frame.open_page()
page = st.navigation(pages_by_section(), position="sidebar", expanded=True)
frame.sidebar()
with states.guarded():
    page.run()
