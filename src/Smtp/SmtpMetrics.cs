using System.Diagnostics.Metrics;
using Relay.Mail;

namespace Relay.Smtp;

/// <summary>Counts of the SMTP listeners; labels are bounded: listener, verb, code class, mechanism, reason. Thread safe.</summary>
public sealed class SmtpMetrics : IDisposable
{
    public const string MeterName = "Relay.Smtp";

    private static readonly string[] VerbNames = [.. Enum.GetNames<SmtpVerb>().Select(name => name.ToUpperInvariant())];
    private static readonly string[] ClassNames = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx"];

    private readonly Meter _meter;
    private readonly Counter<long> _connections;
    private readonly UpDownCounter<long> _sessions;
    private readonly Counter<long> _commands;
    private readonly Counter<long> _messages;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _handshakes;
    private readonly Counter<long> _logins;

    /// <summary>Without a factory the meter is a plain one, for tests and tools.</summary>
    public SmtpMetrics(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _connections = _meter.CreateCounter<long>("relay.smtp.connections", "{connection}", "Connections accepted by the listener");
        _sessions = _meter.CreateUpDownCounter<long>("relay.smtp.sessions_active", "{session}", "Sessions open now");
        _commands = _meter.CreateCounter<long>("relay.smtp.commands", "{command}", "Commands answered, by verb and code class");
        _messages = _meter.CreateCounter<long>("relay.smtp.messages", "{message}", "Messages whose content arrived whole, by code class of the answer");
        _bytes = _meter.CreateCounter<long>("relay.smtp.content", "By", "Content received");
        _refusals = _meter.CreateCounter<long>("relay.smtp.refusals", "{connection}", "Connections refused at the door, by reason");
        _handshakes = _meter.CreateCounter<long>("relay.smtp.tls_handshakes", "{handshake}", "TLS handshakes, by result");
        _logins = _meter.CreateCounter<long>("relay.smtp.logins", "{login}", "AUTH exchanges that ended with a decision, by mechanism and code class");
    }

    public void Dispose() => _meter.Dispose();

    internal static string NameOf(SmtpVerb verb) => VerbNames[(int)verb];

    internal void SessionOpened(string listener)
    {
        _connections.Add(1, Listener(listener));
        _sessions.Add(1, Listener(listener));
    }

    internal void SessionClosed(string listener) => _sessions.Add(-1, Listener(listener));

    internal void ConnectionRefused(string listener, string reason) => _refusals.Add(1, Listener(listener), new("reason", reason));

    internal void CommandAnswered(string listener, SmtpVerb verb, SmtpReply reply) =>
        _commands.Add(1, Listener(listener), new("verb", NameOf(verb)), CodeClass(reply));

    internal void MessageAnswered(string listener, SmtpReply reply, long bytes)
    {
        _messages.Add(1, Listener(listener), CodeClass(reply));
        _bytes.Add(bytes, Listener(listener));
    }

    internal void HandshakeEnded(string listener, bool succeeded) =>
        _handshakes.Add(1, Listener(listener), new("result", succeeded ? "ok" : "failed"));

    internal void LoginDecided(string listener, string mechanism, SmtpReply reply) =>
        _logins.Add(1, Listener(listener), new("mechanism", mechanism), CodeClass(reply));

    private static KeyValuePair<string, object?> Listener(string name) => new("listener", name);

    private static KeyValuePair<string, object?> CodeClass(SmtpReply reply) => new("code", ClassNames[reply.Code / 100]);
}
