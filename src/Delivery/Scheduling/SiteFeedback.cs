using Relay.Mail;

namespace Relay.Delivery;

internal enum FeedbackKind
{
    /// <summary>The site took part in a transaction, whatever it said about recipients.</summary>
    Success,

    /// <summary>No connection, or it broke, or the site closed it (421).</summary>
    ConnectionFailure,

    /// <summary>Says nothing about the site.</summary>
    Neutral,
}

/// <summary>What an attempt tells about its path.</summary>
internal readonly record struct SiteFeedback(FeedbackKind Kind, string Reason, SmtpReply? Reply)
{
    public static readonly SiteFeedback Neutral = new(FeedbackKind.Neutral, string.Empty, null);

    public static readonly SiteFeedback Success = new(FeedbackKind.Success, string.Empty, null);

    /// <summary>The host that answered; null where none did or it is not known which.</summary>
    public string? Host { get; init; }

    public int Delivered { get; init; }

    public int Deferred { get; init; }

    public int Rejected { get; init; }

    public SiteFeedback Counting(IReadOnlyList<RecipientOutcome> outcomes) => this with
    {
        Delivered = outcomes.Count(o => o.Outcome.Kind == OutcomeKind.Delivered),
        Deferred = outcomes.Count(o => o.Outcome.Kind is OutcomeKind.Deferred or OutcomeKind.Unknown),
        Rejected = outcomes.Count(o => o.Outcome.Kind == OutcomeKind.Rejected),
    };

    public static SiteFeedback Failure(string reason, SmtpReply? reply) => new(FeedbackKind.ConnectionFailure, reason, reply);
}
