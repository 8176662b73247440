namespace Relay.Delivery;

internal sealed class DeliveryReload(RouteResolver routes, Dispatcher dispatcher) : IDeliveryReload
{
    public void Renew()
    {
        routes.Forget();
        dispatcher.Renew();
    }
}
