"""Who is who, for people who decide: subjects, review, links, explanations, before and after."""
