"""What a person typed -> values, once for commands, forms, alerts, schedules and questions."""
