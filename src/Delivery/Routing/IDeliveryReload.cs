namespace Relay.Delivery;

/// <summary>Lets delivery go on by a configuration that was exchanged while it runs.</summary>
public interface IDeliveryReload
{
    /// <summary>
    /// Remembered routes are forgotten, and the limits in force now hold for all paths at once. Open connections and running attempts go on;
    /// what was counted, what feedback taught and what is suspended stays.
    /// </summary>
    void Renew();
}
