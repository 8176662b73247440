namespace Relay.Storage;

/// <summary>While held, content files and outbox events stay, so that a backup can copy what its snapshot names. Thread safe.</summary>
internal sealed class DeletionPause
{
    // More than that is left to the sweep, which finds files nobody names.
    private const int MaxWaiting = 100_000;

    private readonly Lock _lock = new();
    private readonly List<string> _waiting = [];
    private bool _isHeld;

    public bool IsHeld
    {
        get
        {
            lock (_lock)
            {
                return _isHeld;
            }
        }
    }

    /// <summary>False when it is held already.</summary>
    public bool TryHold()
    {
        lock (_lock)
        {
            return !_isHeld && (_isHeld = true);
        }
    }

    /// <summary>True when the file must stay for now; it comes back from <see cref="Release"/>.</summary>
    public bool Defers(string fileName)
    {
        lock (_lock)
        {
            if (_isHeld && _waiting.Count < MaxWaiting)
            {
                _waiting.Add(fileName);
            }

            return _isHeld;
        }
    }

    /// <summary>Ends the pause; the files that were to be deleted meanwhile.</summary>
    public IReadOnlyList<string> Release()
    {
        lock (_lock)
        {
            IReadOnlyList<string> files = [.. _waiting];
            _waiting.Clear();
            _isHeld = false;
            return files;
        }
    }
}
