using Relay.Mail;

namespace Relay.Delivery;

/// <summary>What came of the mail of one path since it is in use, for people. Guarded by the dispatcher's lock.</summary>
internal sealed class PathTally
{
    private const int MaxReply = 200;

    public string? LastReply { get; private set; }

    public DateTimeOffset? LastReplyAt { get; private set; }

    /// <summary>Recipients, as the others.</summary>
    public long Delivered { get; private set; }

    public long Deferred { get; private set; }

    public long Rejected { get; private set; }

    public void Add(SiteFeedback feedback, DateTimeOffset now)
    {
        Remember(feedback.Reply, now);
        Delivered += feedback.Delivered;
        Deferred += feedback.Deferred;
        Rejected += feedback.Rejected;
    }

    private void Remember(SmtpReply? reply, DateTimeOffset now)
    {
        if (reply is not null)
        {
            LastReply = RemoteText.Clean(reply.ToString(), MaxReply);
            LastReplyAt = now;
        }
    }
}
