"""What every Linux backend uses: control groups, slots, the pump, what is seen inside."""
