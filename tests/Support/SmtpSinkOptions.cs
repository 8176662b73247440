using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Relay.Tests.Support;

/// <summary>How a <see cref="SmtpSink"/> behaves. Replies are given as lines without CRLF; LF separates lines; null means the usual one.</summary>
public sealed record SmtpSinkOptions
{
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0 for any free port.</summary>
    public int Port { get; init; }

    public string Hostname { get; init; } = "sink.example.net";

    /// <summary>Announced with EHLO; STARTTLS and AUTH are added where they are possible.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = ["PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 52428800", "ENHANCEDSTATUSCODES"];

    /// <summary>Offers STARTTLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>TLS before the greeting instead of STARTTLS.</summary>
    public bool ImplicitTls { get; init; }

    /// <summary>False answers EHLO with 502.</summary>
    public bool KnowsEhlo { get; init; } = true;

    /// <summary>Offers AUTH and decides by login and password or access token; null offers none.</summary>
    public Func<string, string, bool>? Authenticate { get; init; }

    /// <summary>Mechanisms offered: PLAIN, LOGIN and XOAUTH2 are known.</summary>
    public string Mechanisms { get; init; } = "PLAIN LOGIN";

    /// <summary>Greeting by connection number.</summary>
    public Func<int, string?>? Greeting { get; init; }

    /// <summary>Reply by reverse-path.</summary>
    public Func<string, string?>? Mail { get; init; }

    /// <summary>Reply by recipient.</summary>
    public Func<string, string?>? Recipient { get; init; }

    /// <summary>Reply to DATA by number of accepted recipients.</summary>
    public Func<int, string?>? Data { get; init; }

    /// <summary>Reply to the final dot; a message is kept only when it begins with 2.</summary>
    public Func<SinkMessage, string?>? Message { get; init; }

    /// <summary>Misbehaviour by connection number and step; null means none.</summary>
    public Func<int, SinkStep, SinkFault?>? Fault { get; init; }
}
