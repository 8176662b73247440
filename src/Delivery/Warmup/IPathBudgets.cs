namespace Relay.Delivery;

/// <summary>Budgets of paths that end with the day. Thread safe; a leaf: asked under the dispatcher's lock.</summary>
internal interface IPathBudgets
{
    /// <summary>Null: nothing limits the path.</summary>
    PathBudget? Find(PathKey path, DateTimeOffset now);

    /// <summary>Takes one message; false, and nothing taken, when none is left.</summary>
    bool TryTake(PathKey path, DateTimeOffset now);
}

/// <param name="Left">Messages that may still go.</param>
/// <param name="NextAt">When there is a budget again.</param>
/// <param name="Reason">For people.</param>
internal readonly record struct PathBudget(int Left, DateTimeOffset NextAt, string Reason);
