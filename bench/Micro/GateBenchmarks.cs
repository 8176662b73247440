using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Bench.Micro;

/// <summary>What the bulk-sender gate costs each message at the door, where DNS facts are known already.</summary>
[MemoryDiagnoser]
public class GateBenchmarks : IDomainFindings
{
    private const string Header =
        "From: Shop <news@example.com>\r\nTo: ann@example.net\r\nSubject: hello\r\nDate: Tue, 1 Jan 2030 00:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n"
        + "MIME-Version: 1.0\r\nContent-Type: text/plain\r\nList-Unsubscribe: <https://example.com/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";

    private static readonly ComplianceFinding NoRecord = new(ComplianceRules.Dmarc, "there is none");

    private readonly ComplianceDoor _door;
    private readonly GateQuestion _question;

    public GateBenchmarks()
    {
        _door = new ComplianceDoor(new ComplianceOptions(), this);
        var now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var header = HeaderBlock.Parse(Encoding.ASCII.GetBytes(Header));
        var submission = new Submission
        {
            Envelope = new Envelope { ReversePath = new ReversePath(Mailbox.Parse("news@example.com")), Recipients = [new EnvelopeRecipient(Mailbox.Parse("ann@example.net"))] },
            Door = Door.Smtp,
            Trace = new TraceInfo("client.example.com", IPAddress.Loopback, "ESMTP", null),
        };
        var message = new QueuedMessage
        {
            Id = QueueId.New(now),
            Door = Door.Smtp,
            Stream = MailStream.Broadcast,
            ReversePath = submission.Envelope.ReversePath,
            FromDomain = "example.com",
            AcceptedAt = now,
            ExpiresAt = now.AddDays(5),
            SizeBytes = 4096,
        };
        _question = new GateQuestion(message, submission, header, 78);
    }

    /// <summary>True: the domain lacks its DMARC record, and the message is noted.</summary>
    [Params(false, true)]
    public bool IsBroken { get; set; }

    public IReadOnlyList<ComplianceFinding>? Known(QueuedMessage message) => IsBroken ? [NoRecord] : [];

    [Benchmark]
    public GateVerdict? Judge() => _door.Judge(_question);
}
