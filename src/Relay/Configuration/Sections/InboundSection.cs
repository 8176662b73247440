namespace Relay;

/// <summary><c>[inbound."DOMAIN"]</c>: mail for any address at the domain is taken from anybody and handed to a webhook.</summary>
internal sealed class InboundSection
{
    /// <summary>Gets a POST of JSON for each message. Over TLS, but for an address of this host.</summary>
    [Setting(IsRequired = true)]
    public Uri? Webhook { get; init; }

    /// <summary>Signs each call, as Standard Webhooks has it: <c>whsec_</c> and 24 to 64 bytes in base64; better <c>secret_file</c> or the environment.</summary>
    [Setting(IsRequired = true, Hint = "\"whsec_\" and 24 to 64 bytes in base64")]
    public Secret? Secret { get; init; }

    /// <summary>Octets of content; larger messages are refused. Default 10MiB: up to there webhooks get all of a message.</summary>
    [Setting(Min = "64KiB", Max = "25MiB")]
    public ByteSize MaxMessageSize { get; init; } = new(10L * 1024 * 1024);
}
