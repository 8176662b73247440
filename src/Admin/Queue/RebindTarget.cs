using Relay.Delivery;

namespace Relay.Admin;

/// <summary>The other way that mail shall go.</summary>
internal static class RebindTarget
{
    /// <summary>Null when there is such a way.</summary>
    public static string? Refuse(string? target, DeliveryOptions options)
    {
        var parts = (target ?? string.Empty).Split(':', 2);
        return parts switch
        {
            ["domain"] => null,
            ["rule", var name] => options.Rules.Any(rule => rule.Name == name) ? null : $"to: there is no [rule.{name}]",
            ["route", var name] => options.Routes.ContainsKey(name) ? null : $"to: there is no [route.\"{name}\"]",
            ["pool", var name] => options.Pools.ContainsKey(name) ? null : $"to: there is no [egress.pool.{name}]",
            _ => "to: rule:NAME, route:NAME, pool:NAME, or domain for the ordinary way",
        };
    }
}
