namespace Relay.Queue;

/// <summary>Mail that is over, for people who read captured mail and are done with it.</summary>
public interface IFinishedMail
{
    /// <summary>Deletes a message with its content and recipients. Its events stay until their own retention.</summary>
    /// <returns>False when there is no such message, or a recipient is still open.</returns>
    ValueTask<bool> DeleteAsync(QueueId id, CancellationToken cancellationToken);

    /// <summary>Deletes every finished message that holds captured content; returns how many.</summary>
    ValueTask<int> DeleteCapturedAsync(CancellationToken cancellationToken);
}
