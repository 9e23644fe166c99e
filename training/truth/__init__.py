"""Truth: how right SceneTG's rows are, on rendered videos whose every event a script knows."""
