namespace Relay;

/// <summary>Something lies in the maildrop that is no message, and will not become one.</summary>
/// <param name="userId">Whose it is; null where that is not known.</param>
internal sealed class DroppedFileException(string message, uint? userId) : Exception(message)
{
    public uint? UserId => userId;
}
