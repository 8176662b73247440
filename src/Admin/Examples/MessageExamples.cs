using Relay.Delivery;
using static Relay.Admin.AdminExamples;

namespace Relay.Admin;

internal static class MessageExamples
{
    public const string Text = "Date: Mon, 4 Mar 2030 08:30:00 +0000\r\nFrom: App <app@example.com>\r\nTo: bob@example.net\r\nSubject: Your receipt\r\n"
        + "Message-ID: <receipt-981@example.com>\r\n\r\nThank you, Bob.\r\n";

    private static readonly EventAnswer Deferred = new(
        90_417, "deferred", At(9, 30, 2), MessageId, 4711, "bob@example.net", "throttled", "remote", 3, 450, "4.7.1", "Try again later", "rcpt", "mx1.example.net", "192.0.2.25",
        "TLS 1.3", "mx.example.net", "a", At(9, 45), 812, null, "C: RCPT TO:<bob@example.net>\nS: 450 4.7.1 Try again later\n");

    private static readonly RecipientAnswer Recipient = new(
        4711, "bob@example.net", "example.net", "deferred", 3, At(9, 45), At(9, 30, 2), "450 4.7.1 Try again later", "mx1.example.net");

    public static IEnumerable<object> All =>
    [
        Deferred,
        new MessageAnswer(
            MessageId, "submission", At(8, 30), At(8, 30).AddDays(5), null, "transactional", "normal", 1, ["receipt"], null, "bounces@example.com", "192.0.2.7", "App <app@example.com>",
            "Your receipt", "<receipt-981@example.com>", 4_812, true, [Recipient], [Deferred]),
        new WhyAnswer(MessageId, At(9, 40), 1, "app", "transactional", "receipt", 1, [Why]),
        new HeaderAnswer("Subject", "Your receipt"),
        new ContentAnswer(
            [new HeaderAnswer("From", "App <app@example.com>"), new HeaderAnswer("Subject", "Your receipt")], "Thank you, Bob.", "<p>Thank you, Bob.</p>",
            [new AttachmentAnswer(3, "receipt.pdf", "application/pdf", 3_120)]),
        new FindingAnswer(
            "warning", "unsubscribe", "List-Unsubscribe is there, but not one-click: an https address and List-Unsubscribe-Post are needed (RFC 8058).", null, null, null),
        new ViewRequest(Remote: false),
        new ViewAnswer("/page/mail/4f1c2a9b0d3e4f5a6b7c8d9e0f1a2b3c"),
        new DeliverRequest(["bob@example.net"]),
        new DeliverAnswer("01m7z2k1q8e5v9t3b6n4c7x0wz", 1),
        new AffectedAnswer(3),
    ];

    private static WhyRecipientAnswer Why => new(
        4711, "bob@example.net", "example.net", "deferred", 3, At(9, 45), At(8, 30).AddDays(5), "waits until 09:45 for its next attempt",
        [new DeliveryBlocker("the next attempt is due at 09:45", "retry.steps", At(9, 45))], "450 4.7.1 Try again later", "mx1.example.net", DestinationExamples.Route,
        new LimitExplanation("attempt 4", "15m after the third", "retry.steps"), 0, At(9, 45), [Deferred]);
}
