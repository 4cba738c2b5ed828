from tests.helpers.windows import background, light

__all__ = ["background", "light"]
