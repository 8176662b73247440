using System.Globalization;
using Relay.Mail;

namespace Relay.Bench.Simulation;

/// <summary>A receiver at work: counts connections and messages by source, and answers.</summary>
internal sealed class ReceiverState(Receiver receiver, DateTimeOffset start, Random random)
{
    private readonly Dictionary<string, int> _open = [];
    private readonly Dictionary<string, (long Minute, int Count)> _sent = [];

    public Receiver Receiver => receiver;

    public bool IsAway(DateTimeOffset now) => now - start < receiver.Away;

    /// <summary>Null: the connection is open.</summary>
    public SmtpReply? Connect(string source)
    {
        var open = _open.GetValueOrDefault(source);
        if (open >= receiver.Connections)
        {
            return Reply(receiver.TooManyConnections);
        }

        _open[source] = open + 1;
        return null;
    }

    public void Close(string source) => _open[source]--;

    /// <param name="attempts">Attempts of this recipient before.</param>
    /// <param name="waited">Since its first attempt.</param>
    public SmtpReply Deliver(string source, int recipient, int attempts, TimeSpan waited, DateTimeOffset now)
    {
        var minute = now.UtcTicks / TimeSpan.TicksPerMinute;
        var (of, count) = _sent.GetValueOrDefault(source);
        count = of == minute ? count : 0;
        if (count >= receiver.PerMinute)
        {
            return Reply(receiver.TooFast);
        }

        _sent[source] = (minute, count + 1);
        if (receiver.Greylists is { } time && (attempts == 0 || waited < time))
        {
            return Reply(receiver.Greylisted);
        }

        if (recipient % 1000 < receiver.Unknown * 1000)
        {
            return SmtpReply.Of(550, "5.1.1", "no such user");
        }

        return random.NextDouble() < receiver.Hiccups ? SmtpReply.Of(451, "4.3.0", "local error in processing") : SmtpReply.Of(250, "2.0.0", "queued");
    }

    private static SmtpReply Reply(string text)
    {
        var parts = text.Split(' ', 3);
        return SmtpReply.Of(int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1], parts[2]);
    }
}
