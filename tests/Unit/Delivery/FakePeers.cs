using System.Net;
using Relay.Delivery;
using Relay.Mail;
using Relay.Smtp;
using Relay.Smtp.Client;

namespace Relay.Tests.Unit;

/// <summary>Hosts that behave as told; every connection and transaction is remembered.</summary>
internal sealed class FakePeers : IPeerConnector
{
    private readonly Dictionary<string, Func<FakePeerSession, ClientTransaction, TransactionResult>> _answers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<IPeerSession>> _special = new(StringComparer.Ordinal);

    public List<string> Dialled { get; } = [];

    public List<FakePeerSession> Sessions { get; } = [];

    public List<(string Host, ClientTransaction Transaction)> Transactions { get; } = [];

    /// <summary>What handshakes were asked to bring.</summary>
    public List<TlsDemand> Demands { get; } = [];

    public PeerExtensions Extensions { get; set; } = PeerExtensions.None;

    /// <summary>Not null: the connection fails so.</summary>
    public Func<DialTarget, DialException?> Refuse { get; set; } = static _ => null;

    public TlsInfo? TlsAfterStart { get; set; } = new("TLS1.3", "TLS_AES_256_GCM_SHA384", IsVerified: true);

    public TlsSessionResult CertificateTrouble { get; set; }

    /// <summary>Where, in the order of <see cref="Dialled"/>.</summary>
    public List<DialTarget> Targets { get; } = [];

    /// <summary>Thrown by AUTH.</summary>
    public SmtpProtocolException? LoginFailure { get; set; }

    /// <summary>Thrown by STARTTLS.</summary>
    public SmtpProtocolException? TlsFailure { get; set; }

    /// <summary>Held back until this completes, so that a test can look at what runs.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>The same behind the final dot.</summary>
    public Task DotGate { get; set; } = Task.CompletedTask;

    public void Answer(string host, Func<FakePeerSession, ClientTransaction, TransactionResult> answer) => _answers[host] = answer;

    /// <summary>The host's connections are made, or fail, by this.</summary>
    public void Connect(string host, Func<IPeerSession> connect) => _special[host] = connect;

    public ValueTask<IPeerSession> ConnectAsync(DialTarget target, EgressSource source, CancellationToken cancellationToken)
    {
        lock (Dialled)
        {
            Dialled.Add(target.Host.Name);
            Targets.Add(target);
            if (Refuse(target) is { } refusal)
            {
                throw refusal;
            }

            if (_special.TryGetValue(target.Host.Name, out var connect))
            {
                return ValueTask.FromResult(connect());
            }

            var session = new FakePeerSession(this, target.Host.Name) { Address = target.Address ?? IPAddress.None };
            Sessions.Add(session);
            return ValueTask.FromResult<IPeerSession>(session);
        }
    }

    public TransactionResult AnswerTo(FakePeerSession session, ClientTransaction transaction)
    {
        lock (Dialled)
        {
            Transactions.Add((session.Host, transaction));
        }

        return _answers.TryGetValue(session.Host, out var answer) ? answer(session, transaction) : All(transaction, SmtpReply.Of(250, "2.0.0", "queued as 1"), TransactionStep.FinalDot);
    }

    /// <summary>The same result for every recipient.</summary>
    public static TransactionResult All(ClientTransaction transaction, SmtpReply? reply, TransactionStep step, bool isUsable = true, bool mayBeAccepted = false) => new()
    {
        Recipients = transaction.Envelope.Recipients.Select(_ => new RecipientResult(reply, step, mayBeAccepted)).ToList(),
        IsConnectionUsable = isUsable,
        Failure = isUsable ? null : "the connection was lost",
    };

    public static RouteHost Host(string name, int preference = 10, string address = "192.0.2.1") => new(name, preference, [IPAddress.Parse(address)]);
}

internal sealed class FakePeerSession(FakePeers peers, string host) : IPeerSession
{
    public string Host { get; } = host;

    public IPAddress Address { get; init; } = IPAddress.None;

    public int Sent { get; private set; }

    public bool HasQuit { get; private set; }

    public bool IsDisposed { get; private set; }

    public PeerExtensions Extensions => peers.Extensions;

    public TlsInfo? Tls { get; private set; }

    public TlsSessionResult CertificateTrouble => peers.CertificateTrouble;

    public bool? MustVerify { get; private set; }

    public string Conversation => "S: 220 " + Host;

    public RouteLogin? Login { get; private set; }

    public ValueTask GreetAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask SecureAsync(TlsDemand demand, CancellationToken cancellationToken)
    {
        peers.Demands.Add(demand);
        if (peers.TlsFailure is { } failure)
        {
            throw failure;
        }

        MustVerify = demand.MustVerify;
        Tls = peers.TlsAfterStart;
        return ValueTask.CompletedTask;
    }

    public ValueTask AuthenticateAsync(RouteLogin login, CancellationToken cancellationToken)
    {
        Login = login;
        if (peers.LoginFailure is { } failure)
        {
            throw failure;
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<TransactionResult> SendAsync(ClientTransaction transaction, CancellationToken cancellationToken)
    {
        await peers.Gate.WaitAsync(cancellationToken);
        Sent++;
        var result = peers.AnswerTo(this, transaction);
        if (transaction.BeforeFinalDot is { } note && result.Recipients.Any(r => r.Step == TransactionStep.FinalDot))
        {
            await note([.. Enumerable.Range(0, result.Recipients.Count).Where(i => result.Recipients[i].Step == TransactionStep.FinalDot)]);
            await peers.DotGate.WaitAsync(cancellationToken);
        }

        return result;
    }

    public ValueTask QuitAsync()
    {
        HasQuit = true;
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
