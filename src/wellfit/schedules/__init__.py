"""Learning-rate schedules: closed-form functions of the step, and judgement of any scheduler by simulation."""
