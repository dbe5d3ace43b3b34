"""The one name the wheel installs. The rooms lie in `_bundle`, so that `agent`, `tools` and `hal` stay private names."""
