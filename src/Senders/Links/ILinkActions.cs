namespace Relay.Senders;

/// <summary>Does what the links in mails stand for, for those who write in place of following them.</summary>
public interface ILinkActions
{
    /// <summary>No more of what an unsubscribe link is about; saying it twice changes nothing.</summary>
    ValueTask LeaveAsync(LinkToken token, CancellationToken cancellationToken);
}
