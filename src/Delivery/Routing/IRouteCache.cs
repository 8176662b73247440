namespace Relay.Delivery;

/// <summary>Routes that are remembered for a time.</summary>
public interface IRouteCache
{
    /// <summary>Forgets them all, so that the next question is answered by the configuration in force.</summary>
    void Forget();
}
