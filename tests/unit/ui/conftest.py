from tests.helpers.windows import background, controller, history, light, settings_store, window

__all__ = ["background", "controller", "history", "light", "settings_store", "window"]
