using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Queue;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>The intake over memory stores, with short words for what tests do with it.</summary>
internal sealed class IntakeKit
{
    public const string Hostname = "relay.example.com";
    public const string Plain = "From: App <app@example.com>\r\nDate: Tue, 1 Jan 2030 00:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nSubject: hello\r\n\r\nHello.\r\n";

    public IntakeKit(int inlineLimitBytes = 256 * 1024)
    {
        Store = new MemoryQueueStore(Time);
        Spool = new FaultySpool(Store, inlineLimitBytes);
        Intake = Make(new IntakeOptions { Hostname = Hostname });
    }

    public ManualTimeProvider Time { get; } = new();

    public MemoryQueueStore Store { get; }

    public FaultySpool Spool { get; }

    public MemorySuppressionStore Suppressions { get; } = new();

    public RecordingDispatch Dispatch { get; } = new();

    public MessageIntake Intake { get; private set; }

    public MessageIntake Make(IntakeOptions options, params IReadOnlyList<IMessageGate> gates) =>
        Intake = new MessageIntake(Spool, Store, Suppressions, Dispatch, options, Time, NullLogger<MessageIntake>.Instance, gates: gates);

    public static Submission Submission(params IReadOnlyList<string> recipients) => new()
    {
        Envelope = new Envelope
        {
            ReversePath = new ReversePath(Mailbox.Parse("app@example.com")),
            Recipients = [.. recipients.Select(address => new EnvelopeRecipient(Mailbox.Parse(address)))],
        },
        Door = Door.Smtp,
        CompleteHeaders = true,
        Trace = new TraceInfo("client.example.com", IPAddress.Parse("192.0.2.7"), "ESMTPSA", "TLS_AES_256_GCM_SHA384"),
    };

    public Task<IntakeResult> AcceptAsync(string content = Plain, params IReadOnlyList<string> recipients) =>
        AcceptAsync(content, Submission(recipients.Count == 0 ? ["bob@example.net"] : recipients));

    public async Task<IntakeResult> AcceptAsync(string content, Submission submission, CommitStep? commit = null)
    {
        await using var incoming = Intake.Begin();
        await incoming.WriteAsync(Encoding.UTF8.GetBytes(content), CancellationToken.None);
        return await Intake.AcceptAsync(incoming, submission, commit);
    }

    public async Task<MessageDetails> FindAsync(IntakeResult result) =>
        await Store.FindAsync(result.Id ?? throw new InvalidOperationException(result.Refusal!.ToString()), CancellationToken.None)
            ?? throw new InvalidOperationException("the message is not in the store");

    /// <summary>What is prepended to the content of an accepted message.</summary>
    public async Task<string> PrefixAsync(string content, Submission submission)
    {
        var details = await FindAsync(await AcceptAsync(content, submission));
        return Encoding.UTF8.GetString(details.Variants[0].Prefix.Span);
    }
}
