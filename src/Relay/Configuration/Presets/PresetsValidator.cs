using Relay.Toml;

namespace Relay;

/// <summary>The rules of a presets file that concern several keys.</summary>
internal sealed class PresetsValidator(BindingContext context)
{
    public void Validate(PresetsSection presets)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, provider) in presets.Provider)
        {
            var path = BindingContext.Join("provider", name);
            foreach (var suffix in provider.Mx)
            {
                if (!owners.TryAdd(suffix.Ascii, name))
                {
                    context.Fault(path + ".mx", $"{TomlText.Quote(suffix.Ascii)} belongs to {owners[suffix.Ascii]} already", "allowed: each suffix once");
                }
            }

            ValidateRules(path + ".rule", provider.Rule);
        }

        ValidateRules("rule", presets.Rule);
    }

    private void ValidateRules(string path, IReadOnlyList<ReplyRuleSection> rules)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            ValidateRule($"{path}[{i}]", rules[i]);
            if (rules.Take(i).Any(earlier => earlier.Name == rules[i].Name))
            {
                context.Fault($"{path}[{i}].name", $"{TomlText.Quote(rules[i].Name)} is given twice", "allowed: a name of its own for each rule");
            }
        }
    }

    private void ValidateRule(string path, ReplyRuleSection rule)
    {
        if (rule.Step.Count + rule.Code.Count + rule.Enhanced.Count == 0 && rule.Text is null)
        {
            context.Fault(path, "has no condition and would match every refusal", "allowed: step, code, enhanced or text, at least one");
        }

        var actsOnPath = rule.Connections is not null || rule.ConnectionsBy is not null || rule.Rate is not null || rule.RateBy is not null || rule.Suspend != SuspensionKind.None;
        if (!actsOnPath && !rule.Defer && rule.Class is null)
        {
            context.Fault(path, "does nothing", "allowed: connections, connections_by, rate, rate_by, suspend, defer or class, at least one");
        }

        if ((actsOnPath || rule.Defer) && rule.For is null && !rule.Hint)
        {
            context.Fault(path, "does not say for how long", "allowed: for, or hint = true, or both");
        }

        Exclude(path, rule.Connections is not null && rule.ConnectionsBy is not null, "connections_by", "connections");
        Exclude(path, rule.Rate is not null && rule.RateBy is not null, "rate_by", "rate");
    }

    private void Exclude(string path, bool areBothGiven, string key, string other)
    {
        if (areBothGiven)
        {
            context.Fault($"{path}.{key}", $"is given together with {other}", "allowed: one of them");
        }
    }
}
