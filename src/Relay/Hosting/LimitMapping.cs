using Relay.Delivery;

namespace Relay;

/// <summary>Limits as sections spell them, for delivery.</summary>
internal static class LimitMapping
{
    public static IReadOnlyDictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>> ToLimits(this RelayOptions options) =>
        new Dictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>>
        {
            [LimitScope.Account] = Of(options.Limits.Account),
            [LimitScope.User] = Of(options.Limits.User),
            [LimitScope.Stream] = Of(new Dictionary<string, LimitSection>
            {
                ["transactional"] = options.Limits.Stream.Transactional,
                ["broadcast"] = options.Limits.Stream.Broadcast,
            }),
            [LimitScope.Tag] = Of(options.Limits.Tag),
            [LimitScope.Domain] = Of(options.Limits.Domain),
            [LimitScope.Site] = Of(options.Limits.Site),
            [LimitScope.Source] = Of(options.Egress.Source.ToDictionary(s => s.Key, s => new LimitSection
            {
                MessageRate = s.Value.MessageRate,
                ByteRate = s.Value.ByteRate,
                MaxConnections = s.Value.MaxConnections,
                MaxRecipientsPerTransaction = s.Value.MaxRecipientsPerTransaction,
            })),
        };

    public static MessageRates? ToRates(Rates? rates) =>
        rates is null ? null : new MessageRates(rates.Items.Select(rate => new MessageRate(rate.Amount, rate.Period)));

    public static ByteRate? ToRate(TrafficRate? rate) => rate is { } some ? new ByteRate(some.Amount.Bytes, some.Period) : null;

    // Names of logins and campaigns differ by case.
    private static Dictionary<string, ThrottleOptions> Of(IReadOnlyDictionary<string, LimitSection> sections) =>
        sections.Select(s => (s.Key, Limits: Of(s.Value))).Where(s => !s.Limits.IsEmpty).ToDictionary(s => s.Key, s => s.Limits, StringComparer.Ordinal);

    private static ThrottleOptions Of(LimitSection limits) => new()
    {
        MessageRate = ToRates(limits.MessageRate),
        ByteRate = ToRate(limits.ByteRate),
        MaxConnections = limits.MaxConnections,
        MaxMessagesPerConnection = limits.MaxMessagesPerConnection,
        MaxRecipientsPerTransaction = limits.MaxRecipientsPerTransaction,
    };
}
