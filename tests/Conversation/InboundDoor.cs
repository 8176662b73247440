using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Relay.Tests.Unit;

namespace Relay.Tests.Conversation;

/// <summary>
/// The program's own policy and intake for a domain whose mail is received from anybody, in memory. What was answered 2xx is also kept by the player's
/// sink, so that a script can look at it.
/// </summary>
internal sealed class InboundDoor : IMessageSink, IDisposable
{
    private readonly IntakeKit _kit = new();
    private readonly CredentialCheck _credentials;
    private readonly IntakeSink _intake;
    private readonly CollectingSink _told;

    public InboundDoor(DomainName domain, long maxBytes, CollectingSink told)
    {
        var submissions = new SubmissionKit(_kit);
        var local = new LocalMailboxes([DomainName.Parse("mail.example.com")], null);
        var received = new ReceivedDomains(new Dictionary<DomainName, long> { [domain] = maxBytes });
        var rules = new SubmissionRules
        {
            AllowsAuthentication = true,
            RequiresLogin = false,
            IsOpenToClients = false,
            RelayNetworks = [],
            RejectsSuppressed = false,
            ObeysHeaders = true,
        };
        _told = told;
        _credentials = new CredentialCheck(new MemoryCredentialStore(), _kit.Time);
        Policy = new SubmissionPolicy(rules, [local, received], _credentials, submissions, _kit.Intake, _kit.Suppressions, NullLogger<SubmissionPolicy>.Instance);
        _intake = new IntakeSink(
            _kit.Intake, submissions.Intake, local, new BouncePolicy(new ReturnPathCodec(new NoTokenKeys()), [], new FixedBounceHosts(), _kit.Time), received, (SubmissionPolicy)Policy, null, _kit.Time);
    }

    public ISmtpPolicy Policy { get; }

    public async ValueTask<MessageSinkResult> BeginAsync(SmtpSession session, Envelope envelope, CancellationToken cancellationToken)
    {
        var begun = await _intake.BeginAsync(session, envelope, cancellationToken);
        return begun.Writer is { } writer
            ? new MessageSinkResult(new Both(writer, (await _told.BeginAsync(session, envelope, cancellationToken)).Writer!), null)
            : begun;
    }

    public void Dispose() => _credentials.Dispose();

    private sealed class Both(IMessageWriter intake, IMessageWriter told) : IMessageWriter
    {
        public async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            await intake.WriteAsync(content, cancellationToken);
            await told.WriteAsync(content, cancellationToken);
        }

        public async ValueTask<SmtpReply> CommitAsync()
        {
            var reply = await intake.CommitAsync();
            if (reply.Code < 300)
            {
                await told.CommitAsync();
            }

            return reply;
        }

        public async ValueTask DisposeAsync()
        {
            await intake.DisposeAsync();
            await told.DisposeAsync();
        }
    }

    /// <summary>No address is a return path of ours here.</summary>
    private sealed class NoTokenKeys : ITokenKeys
    {
        public (int KeyId, byte[] Key) Current(string purpose) => (1, new byte[32]);

        public byte[]? Find(int keyId, string purpose) => null;
    }
}
