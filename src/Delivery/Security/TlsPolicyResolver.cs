using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Message, route and recipient domain → TLS policy. The strictest demand wins.</summary>
/// <remarks>
/// Order: TLS before the greeting where the route says so, the sender's REQUIRETLS, then what the recipient's domain publishes, then the
/// configuration. An operator who turned TLS off for a site is obeyed before the domain.
/// </remarks>
/// <param name="published">Policies of recipient domains.</param>
internal sealed class TlsPolicyResolver(MtaStsPolicies published, DaneLookup dane, DeliveryOptions options)
{
    /// <param name="queueKey">The recipient domain.</param>
    public async ValueTask<TlsPolicy> ResolveAsync(QueuedMessage message, Route route, string queueKey, CancellationToken cancellationToken)
    {
        var configured = route.Site.Limits.Tls;
        if (configured.Value == DeliveryTlsMode.Implicit)
        {
            return new TlsPolicy(DeliveryTlsMode.Implicit, MustVerify: true, configured.Origin);
        }

        if (configured.Value == DeliveryTlsMode.None && !message.RequireTls)
        {
            return new TlsPolicy(DeliveryTlsMode.None, MustVerify: false, configured.Origin);
        }

        // A smarthost is the operator's choice and no mail host of the domain.
        var domain = route.Kind == RouteKind.Mx && DomainName.TryParse(queueKey, out var name) ? name.Ascii : null;
        var observed = await FindPublishedAsync(domain, cancellationToken);
        var enforced = observed is { Mode: MtaStsMode.Enforce } ? observed : null;
        var usesDane = options.UseDane && domain is not null && await dane.IsSecureAsync(domain, cancellationToken);
        var policy = Strictest(message, configured, enforced);
        return policy with { Published = enforced, Observed = observed, UsesDane = usesDane, Domain = domain };
    }

    // RFC 8689 §4.2.1: the sender's demand stands above our configuration.
    private static TlsPolicy Strictest(QueuedMessage message, Limit<DeliveryTlsMode> configured, MtaStsPolicy? enforced)
    {
        if (message.RequireTls)
        {
            return new TlsPolicy(DeliveryTlsMode.Required, MustVerify: true, "REQUIRETLS");
        }

        return enforced is not null
            ? new TlsPolicy(DeliveryTlsMode.Required, MustVerify: true, $"the MTA-STS policy of {enforced.Domain}")
            : new TlsPolicy(configured.Value, configured.Value == DeliveryTlsMode.Required, configured.Origin);
    }

    private async ValueTask<MtaStsPolicy?> FindPublishedAsync(string? domain, CancellationToken cancellationToken)
    {
        var policy = !options.UseMtaSts || domain is null ? null : await published.FindAsync(domain, cancellationToken);
        return policy is { Mode: MtaStsMode.None } ? null : policy;
    }
}
