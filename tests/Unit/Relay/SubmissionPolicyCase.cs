using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Queue;
using Relay.Senders;
using Relay.Smtp;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>A policy for mail of 192.0.2.0/24 and of logins, and who asks it.</summary>
public abstract class SubmissionPolicyCase : IDisposable
{
    private protected static readonly CancellationToken None = CancellationToken.None;
    private protected static readonly TlsInfo Tls = new("TLS1.3", "TLS_AES_256_GCM_SHA384", false);
    private protected static readonly EnvelopeRecipient Bob = new(Mailbox.Parse("bob@example.net"));

    private protected readonly IntakeKit _kit = new();
    private protected readonly MemoryCredentialStore _store = new();
    private protected readonly CredentialCheck _credentials;
    private protected readonly SubmissionKit _quota;

    private protected SubmissionPolicyCase()
    {
        _credentials = new CredentialCheck(_store, _kit.Time);
        _quota = new SubmissionKit(_kit);
    }

    public void Dispose()
    {
        _credentials.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected SubmissionPolicy Policy(Func<SubmissionRules, SubmissionRules>? change = null, CredentialCheck? credentials = null, IDomainHolders? holders = null)
    {
        var rules = new SubmissionRules
        {
            AllowsAuthentication = true,
            RequiresLogin = true,
            IsOpenToClients = false,
            RelayNetworks = [IPNetwork.Parse("192.0.2.0/24")],
            RejectsSuppressed = false,
            ObeysHeaders = true,
        };
        var local = new LocalMailboxes([DomainName.Parse("relay.example.com")], Mailbox.Parse("ops@example.com"));
        var hosts = new FixedBounceHosts { Hosts = { ["example.com"] = "bounce.example.com" } };
        var bounces = new BouncePolicy(new ReturnPathCodec(new FixedTokenKeys()), [], hosts, _kit.Time);
        return new SubmissionPolicy(change?.Invoke(rules) ?? rules, [local, bounces, new ReceivedDomains(new Dictionary<DomainName, long> { [DomainName.Parse("in.example")] = 1_000_000 })], credentials ?? _credentials, _quota, _kit.Intake, _kit.Suppressions, NullLogger<SubmissionPolicy>.Instance, holders);
    }

    private protected async Task AddUserAsync(string name, CredentialRestrictions restrictions) =>
        await new UserService(_store, new MemoryAuditStore(), _kit.Time).CreateAsync(name, "correct horse battery", restrictions, AuditActor.System, None);

    private protected static SmtpSession Session(string address) => new()
    {
        ConnectionId = "c1",
        Listener = "submission",
        Peer = new IPEndPoint(IPAddress.Parse(address), 40000),
        Local = new IPEndPoint(IPAddress.Loopback, 25),
        IsExtended = true,
    };

    private protected static Envelope Envelope(string reversePath) => new() { ReversePath = reversePath.Length == 0 ? ReversePath.Null : new ReversePath(Mailbox.Parse(reversePath)), Recipients = [] };

    private protected static void AssertReply(SmtpReply? reply, int code, string enhanced, string text) =>
        Assert.Equal((code, enhanced, text), (reply!.Code, reply.Enhanced.ToString(), reply.Text));
}

/// <summary>Domains that accounts have proved.</summary>
internal sealed class FixedHolders : IDomainHolders
{
    public Dictionary<string, long> Accounts { get; } = [];

    public ValueTask<long?> FindHolderAsync(DomainName name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Accounts.TryGetValue(name.Ascii, out var account) ? account : (long?)null);
}
