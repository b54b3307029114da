"""Text without what identifies a person, wherever it goes: screens, logs, alerts, errors."""
