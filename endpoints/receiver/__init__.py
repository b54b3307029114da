"""The receiver (收件器): a local messaging tool that takes, shows and answers messages, by webhook and by file drop."""

from endpoints.receiver.inbox import Inbox
from endpoints.receiver.senders import Folder, Webhook, Words
from endpoints.receiver.server import Receiver

__all__ = ["Folder", "Inbox", "Receiver", "Webhook", "Words"]
