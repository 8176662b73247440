using System.Diagnostics.Metrics;
using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>What the client's conversations look like from far away; labels are steps, reply classes and TLS versions only.</summary>
internal static class SmtpClientMetrics
{
    private static readonly Meter Meter = new("Relay.Smtp.Client");

    private static readonly Counter<long> Replies = Meter.CreateCounter<long>(
        "relay.smtp.client.replies", "{reply}", "Replies of peers by step and class.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "relay.smtp.client.failures", "{failure}", "Connections lost to timeouts, garbage or the network, by step.");

    private static readonly Counter<long> Handshakes = Meter.CreateCounter<long>(
        "relay.smtp.client.handshakes", "{handshake}", "TLS handshakes that succeeded, by protocol and verification.");

    public static void Replied(TransactionStep step, SmtpReply reply)
    {
        if (Replies.Enabled)
        {
            Replies.Add(1, new("step", step.ToString()), new("class", reply.Code / 100));
        }
    }

    public static void Failed(TransactionStep step) => Failures.Add(1, new KeyValuePair<string, object?>("step", step.ToString()));

    public static void Encrypted(TlsInfo tls) => Handshakes.Add(1, new("protocol", tls.Protocol), new("verified", tls.IsVerified));
}
