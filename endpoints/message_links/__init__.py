"""Answers the links of messages: a click leads on and is noted, an unsubscription takes effect with the next delivery.

`uvicorn --factory endpoints.message_links:application` serves them; the receiver has them too, to try.
"""

from endpoints.message_links.service import application, routes

__all__ = ["application", "routes"]
