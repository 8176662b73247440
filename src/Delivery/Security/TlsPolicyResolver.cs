using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Message, route and limits → TLS policy. The strictest demand wins.</summary>
internal static class TlsPolicyResolver
{
    public static TlsPolicy Resolve(QueuedMessage message, Route route)
    {
        var configured = route.Site.Limits.Tls;
        if (configured.Value == DeliveryTlsMode.Implicit)
        {
            return new TlsPolicy(DeliveryTlsMode.Implicit, MustVerify: true, configured.Origin);
        }

        // RFC 8689 §4.2.1: the sender's demand stands above our configuration.
        if (message.RequireTls)
        {
            return new TlsPolicy(DeliveryTlsMode.Required, MustVerify: true, "REQUIRETLS");
        }

        return new TlsPolicy(configured.Value, configured.Value == DeliveryTlsMode.Required, configured.Origin);
    }
}
