using Relay.Toml;

namespace Relay;

/// <summary>Warm-up plans name sources that exist, and each path has one plan at most.</summary>
internal sealed class WarmupValidator(RelayOptions options, BindingContext context)
{
    public void Validate()
    {
        var plans = options.Warmup.ToList();
        for (var i = 0; i < plans.Count; i++)
        {
            var (name, plan) = plans[i];
            var path = BindingContext.Join("warmup", name);
            if (plan.Source.Length > 0 && !options.Egress.Source.ContainsKey(plan.Source))
            {
                var sources = string.Join(", ", options.Egress.Source.Keys.Select(TomlText.Quote));
                context.Fault(path + ".source", $"there is no egress source {TomlText.Quote(plan.Source)}", "allowed: " + (sources.Length > 0 ? sources : "a source of [egress.source.NAME]; there is none"));
            }

            if (plan.Plan.Count == 0 && plan.Target < plan.FirstDay)
            {
                context.Fault(path + ".target", "is below first_day", "allowed: first_day or more");
            }

            if (plans.Take(i).FirstOrDefault(earlier => Overlap(earlier.Value, plan)) is { Value: not null } other)
            {
                context.Fault(path + ".sites", $"plan {other.Key} warms up {TomlText.Quote(plan.Source)} for the same sites", "allowed: sites of its own for each plan of a source");
            }
        }
    }

    private static bool Overlap(WarmupSection left, WarmupSection right) =>
        left.Source == right.Source && (left.Sites.Count == 0 || right.Sites.Count == 0 || left.Sites.Intersect(right.Sites).Any());
}
