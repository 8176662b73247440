using System.Globalization;
using System.Text;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Relay.Tests.Integration;

/// <summary>MailKit's client as applications use it; keeps what was said and which recipients were refused, and asks for what a test wants of DSN.</summary>
internal sealed class MailKitSession : SmtpClient
{
    private readonly MemoryStream _log;

    private MailKitSession(MemoryStream log)
        : base(new ProtocolLogger(log, leaveOpen: true) { RedactSecrets = false })
    {
        _log = log;
        CheckCertificateRevocation = false;
        ServerCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
    }

    public DeliveryStatusNotification? Notify { get; init; }

    public string? EnvelopeId { get; init; }

    public bool SendsChunks { get; init; }

    public List<(string Recipient, SmtpResponse Reply)> RefusedRecipients { get; } = [];

    /// <summary>All that was sent and received, logins included.</summary>
    public string Log => Encoding.UTF8.GetString(_log.ToArray());

    public static MailKitSession Create(DeliveryStatusNotification? notify = null, string? envelopeId = null, bool sendsChunks = false) =>
        new(new MemoryStream()) { Notify = notify, EnvelopeId = envelopeId, SendsChunks = sendsChunks };

    /// <param name="sendsChunks">By BDAT, which it would do for binary parts only.</param>
    public static async Task<MailKitSession> ConnectedAsync(int port, SecureSocketOptions security, bool sendsChunks = false)
    {
        var session = Create(sendsChunks: sendsChunks);
        await session.ConnectAsync("127.0.0.1", port, security);
        return session;
    }

    /// <summary>A plain message, its subject naming the first recipient.</summary>
    public static MimeMessage Message(params IReadOnlyList<string> recipients)
    {
        var message = new MimeMessage();
        message.From.Add(new MailboxAddress("Sender", "sender@example.com"));
        message.To.AddRange(recipients.Select(recipient => new MailboxAddress("", recipient)));
        message.Subject = string.Create(CultureInfo.InvariantCulture, $"by MailKit to {recipients[0]}");
        message.Body = new TextPart("plain") { Text = "Hello\n.a dot\n..two\n" };
        return message;
    }

    public Task<string> SendAsync(MimeMessage message) => base.SendAsync(message);

    protected override bool PreferSendAsBinaryData => SendsChunks;

    protected override DeliveryStatusNotification? GetDeliveryStatusNotifications(MimeMessage message, MailboxAddress mailbox) => Notify;

    protected override string GetEnvelopeId(MimeMessage message) => EnvelopeId!;

    protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) =>
        RefusedRecipients.Add((mailbox.Address, response));

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _log.Dispose();
    }
}
