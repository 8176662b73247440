namespace Relay.Delivery;

/// <summary>Lowers the limits of paths for a time. Thread safe; quick; may be called from anywhere but the dispatcher itself.</summary>
internal interface IPathControl
{
    /// <summary>Sets an override, or replaces the one of the same name on this path. In force at once, for paths not yet used as well.</summary>
    /// <returns>False when too many paths have overrides already; then nothing was set.</returns>
    bool Set(PathKey path, LimitOverride change);

    /// <summary>False when there is none of this name.</summary>
    bool Remove(PathKey path, string name);

    /// <summary>Connections in use, at least 1: of a path without any, those it might open.</summary>
    int ConnectionsOf(PathKey path);

    /// <summary>Suspended after failures, or being probed.</summary>
    bool IsDown(PathKey path);

    /// <summary>What is in force on this path.</summary>
    IReadOnlyList<LimitOverride> Active(PathKey path);

    /// <summary>Every path with something in force.</summary>
    IReadOnlyList<(PathKey Path, LimitOverride Change)> Active();
}
