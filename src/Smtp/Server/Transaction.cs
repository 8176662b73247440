using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>An open transaction: the envelope as far as it is accepted.</summary>
internal sealed class Transaction
{
    private readonly List<EnvelopeRecipient> _recipients = [];
    private readonly HashSet<Mailbox> _known = [];

    public Transaction(ReversePath reversePath, MailParameters parameters, DateTimeOffset? notBefore) =>
        Envelope = new Envelope
        {
            ReversePath = reversePath,
            Recipients = _recipients,
            BodyType = parameters.Body,
            SmtpUtf8 = parameters.SmtpUtf8,
            RequireTls = parameters.RequireTls,
            Return = parameters.Return,
            EnvelopeId = parameters.EnvelopeId,
            NotBefore = notBefore,
        };

    /// <summary>Shows the recipients accepted so far, and grows with them.</summary>
    public Envelope Envelope { get; }

    public int Recipients => _recipients.Count;

    public bool Holds(Mailbox mailbox) => _known.Contains(mailbox);

    public void Add(EnvelopeRecipient recipient)
    {
        _known.Add(recipient.Mailbox);
        _recipients.Add(recipient);
    }

    /// <summary>The envelope that goes with the content and no longer changes.</summary>
    public Envelope Freeze() => Envelope with { Recipients = [.. _recipients] };
}
