"""The app: navigation, language and frame; everything worth reading is in `app_pages/`.

Run it with `streamlit run dashboards/app.py`.
"""

import streamlit as st

from dashboards.components import address, empty_states, page_frame
from dashboards.navigation import pages_by_section
from stores.private_files import keep_private
from stores.redaction.log_handlers import redact_this_process

keep_private()
redact_this_process()
page_frame.open_page()
page = st.navigation(pages_by_section(), position="sidebar", expanded=True)
address.keep(page.url_path)
page_frame.sidebar()
with empty_states.guarded():
    page.run()
